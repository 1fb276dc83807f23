// A chosen photo is shown, and made small before it is sent: a phone takes far larger ones than a slip needs.
// Without this file the server makes it small.
const SIDE = 1600, LARGE = 600 * 1024;
const picture = (file) => new Promise((done, fail) => {
  const reader = new FileReader(), image = new Image();
  reader.onload = () => { image.src = reader.result; };
  image.onload = () => done(image);
  reader.onerror = image.onerror = fail;
  reader.readAsDataURL(file);
});
const smaller = (image) => new Promise((done) => {
  const by = Math.min(1, SIDE / Math.max(image.naturalWidth, image.naturalHeight)), sheet = document.createElement('canvas');
  sheet.width = Math.max(1, Math.round(image.naturalWidth * by)); sheet.height = Math.max(1, Math.round(image.naturalHeight * by));
  const pen = sheet.getContext('2d');
  pen.fillStyle = '#fff'; pen.fillRect(0, 0, sheet.width, sheet.height);
  pen.drawImage(image, 0, 0, sheet.width, sheet.height);
  sheet.toBlob(done, 'image/jpeg', 0.85);
});
async function shrink(input, file, image) {
  if (file.size <= LARGE) return;
  const blob = await smaller(image);
  if (!blob || blob.size >= file.size || input.files[0] !== file) return;
  const kept = new DataTransfer();
  kept.items.add(new File([blob], 'foto.jpg', { type: 'image/jpeg' }));
  input.files = kept.files;
}
document.addEventListener('change', async (e) => {
  const input = e.target, shown = input.dataset && input.dataset.photo && document.getElementById(input.dataset.photo);
  if (!shown) return;
  const file = input.files[0];
  shown.hidden = true; input.setCustomValidity('');
  if (!file) return;
  try {
    if (/^image\//.test(file.type)) {
      const image = await picture(file);
      if (input.files[0] !== file) return;
      shown.src = image.src; shown.hidden = false;
      await shrink(input, file, image);
    }
  } catch (error) { shown.hidden = true; } // no picture: the server says what to do
  const sent = input.files[0];
  if (sent && sent.size > +input.dataset.largest) { input.setCustomValidity(input.dataset.large); input.reportValidity(); }
});
